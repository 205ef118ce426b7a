"""Commands around the product."""
