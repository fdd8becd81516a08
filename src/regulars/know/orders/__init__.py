"""What was bought, as the shop reports it: Product, Order, OrderLine, Shipment, Return, Refund."""
