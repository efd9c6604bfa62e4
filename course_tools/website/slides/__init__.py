"""Slides for lecturing: a chapter's page cut into slides by its structure, in one file."""
