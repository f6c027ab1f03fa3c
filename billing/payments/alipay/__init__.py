"""Alipay, spoken by ourselves: RSA2 over its form and JSON protocol."""
