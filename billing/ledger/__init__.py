"""The only code that writes wallets, transactions, transfers, lots and debts."""
