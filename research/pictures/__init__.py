"""Pictures to study with: where they come from, what they show, and how scenes are put together of them."""
