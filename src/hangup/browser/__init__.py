"""A real Chromium that plays the conversation from a page, and what it saw and sent."""
