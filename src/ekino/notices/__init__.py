"""What the register tells others: an outbox that every room writes to, webhooks and e-mail."""
