"""Ways of training whose steps are compared."""
