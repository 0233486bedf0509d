"""From sources to executed notebooks: papermill, fingerprints, profiles."""
