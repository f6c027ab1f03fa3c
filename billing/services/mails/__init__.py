"""Mails to customers: written with what they tell, sent afterwards."""
