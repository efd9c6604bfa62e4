"""What starts and feeds the sandbox, from outside."""
