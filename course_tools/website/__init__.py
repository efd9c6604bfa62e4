"""The rendered course: from executed chapters to static pages."""
