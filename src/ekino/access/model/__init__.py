"""Who people are to the register, and what each role may do."""
