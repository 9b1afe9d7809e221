"""What a score will be: each open order's chances, the score's course, what to save first."""
