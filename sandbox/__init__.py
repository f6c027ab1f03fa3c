"""Local stand-ins for Stripe and Alipay that speak their wire protocols with real signatures."""
