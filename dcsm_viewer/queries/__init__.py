"""What the tools of the window ask the engine, and what it answers: frozen values, one file a tool."""
