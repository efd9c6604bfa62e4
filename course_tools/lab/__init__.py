"""JupyterLab on a student's own copies."""
