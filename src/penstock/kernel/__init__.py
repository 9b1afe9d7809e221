"""What every stage stands on; imports nothing of ours."""
