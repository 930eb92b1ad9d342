"""The few helpers that the site needs: Sphinx extensions and the notebook check."""
