"""An author's side: from text sources to notebooks, their runs and their records."""
