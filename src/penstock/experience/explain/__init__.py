"""Why a score is what it is: points to orders, one week to the next, one merchant among others."""
