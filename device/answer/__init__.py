"""From a spectrum to a whole answer: the model runs, proves itself, and says what it is."""
