"""The rules, one module a chapter of the regulations. A rule is read beside the article that it names."""
