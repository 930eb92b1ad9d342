"""The results explorer: the stored trials as a page of the site.

The one room that knows both the course and Sphinx.
"""
