"""The only code that writes wallets, transactions, transfers, lots, debts and keys' counters."""
