"""What drives a score: path models, fair shares, adjusted effects, bad reviews, questionnaires."""
