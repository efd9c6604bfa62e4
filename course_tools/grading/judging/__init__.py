"""From an instructor's notebook and what a submission handed out to a verdict."""
