"""Is this ticket genuine? The answer behind every QR code, and the claim that may follow."""
