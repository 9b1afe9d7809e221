"""Receipt of orders from every channel, under any spike; holds; cancellation."""
