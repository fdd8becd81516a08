"""Win back regulars who have stayed away longer than usual."""
