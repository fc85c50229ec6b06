"""How whole and true documents are read: their stored text beside other readings, case by case, page by page."""
