"""The operator's screen: a local page that arms, watches and shows what a station does."""
