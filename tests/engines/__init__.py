"""A window of each browser engine that is installed here, with one set of words for all three.

Chromium is driven by Playwright, Firefox by WebDriver BiDi, WebKit by WebDriver: each as its
distributor ships it. None is ever downloaded.
"""

from engines.window import Window

__all__ = ["ENGINES", "Window"]

ENGINES = ("chromium", "firefox", "webkit")
