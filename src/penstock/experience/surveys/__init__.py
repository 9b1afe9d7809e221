"""Ask merchants and shoppers how the service was, and gather what they say."""
