"""What is said: Template and its versions, Message, Delivery, tracked links, and the protocol of channels."""
