"""A site that asks no other host for anything: scripts and styles in one file each, a content security policy, formulas
set at build time, the theme's faults mended, print and PDF. It knows Sphinx and the theme, and nothing of the book.
"""
