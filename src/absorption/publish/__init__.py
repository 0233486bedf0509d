"""How a claim becomes a page: runner, Sphinx extension, figure theme."""
