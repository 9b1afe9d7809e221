"""Who may call: API keys, and what a key has said before."""
