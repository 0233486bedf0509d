"""From executed notebooks to pages: the Sphinx extension and its directives."""
