"""The demo: the record shop "Plattenkiste", with real purchases and made-up people, played through the real engine."""
