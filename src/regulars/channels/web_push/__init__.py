"""The channel `push`: messages to a customer's browsers (PushSubscription), signed with the shop's PushKey (VAPID)."""
