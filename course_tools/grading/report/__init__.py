"""What a class got wrong: figures, and one page of them."""
