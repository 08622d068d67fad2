"""What a soup costs: figures that anybody can measure again on their own machine."""
