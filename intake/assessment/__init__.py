"""Assessment (考核): monthly figures from the history, and hot issues among recent cases."""
