"""A campaign as one page: small numbers from many calls, plots of them, and the page around.

What is measured (`calls`, `measure`, `clocks`) needs polars only; what is drawn (`charts`,
`drawing`) and written (`page`) needs the extra `report`, and is imported when a page is made.
"""
