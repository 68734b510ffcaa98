"""Open images, export results, import models, and keep sessions."""
