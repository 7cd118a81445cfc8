/** An order service as anybody might have one: its messages and their form on the wire, a stock, two ways to sell from it, a handler. */
import type { IncomingRequest } from 'seaworthy';

export interface OrderRequest {
  /** Given by the customer; the same when it is asked again. */
  readonly id: string;
  readonly quantity: number;
}

export interface OrderReply {
  readonly id: string;
  readonly status: 'sold' | 'sold out';
}

export function encode(message: OrderRequest | OrderReply): string {
  return JSON.stringify(message);
}

export function decodeRequest(body: readonly Buffer[]): OrderRequest {
  return JSON.parse(String(body[0])) as OrderRequest;
}

export function decodeReply(body: readonly Buffer[]): OrderReply {
  return JSON.parse(String(body[0])) as OrderReply;
}

/** Stands for the database that all workers share: it outlives each of them. */
export class Stock {
  left: number;
  readonly receipts: Map<string, OrderReply> = new Map();

  constructor(left: number) {
    this.left = left;
  }
}

/** What a worker does besides answering. */
export interface Warehouse {
  /** Is told of every sale. */
  sold(order: OrderRequest): void;
  /** Is told that an order came that had been answered before. */
  receiptFound(order: OrderRequest): void;
  /** Takes its time. */
  pack(order: OrderRequest): Promise<void>;
}

export type Sell = (stock: Stock, order: OrderRequest, warehouse: Warehouse) => OrderReply;

/** Takes it for granted that an order comes once. */
export const sellEachTime: Sell = (stock, order, warehouse) => {
  const { id, quantity } = order;
  if (stock.left < quantity) return { id, status: 'sold out' };
  stock.left -= quantity;
  warehouse.sold(order);
  return { id, status: 'sold' };
};

/** Keeps a receipt of each order, in the same transaction, and answers a second request with what it answered to the first. */
export const sellOnce: Sell = (stock, order, warehouse) => {
  const receipt = stock.receipts.get(order.id);
  if (receipt !== undefined) {
    warehouse.receiptFound(order);
    return receipt;
  }
  const reply = sellEachTime(stock, order, warehouse);
  stock.receipts.set(order.id, reply);
  return reply;
};

/** The handler for Majordomo workers. */
export function orderHandler(sell: Sell, stock: Stock, warehouse: Warehouse): (request: IncomingRequest) => Promise<string> {
  return async ({ body }) => {
    const order = decodeRequest(body);
    const reply = sell(stock, order, warehouse);
    await warehouse.pack(order);
    return encode(reply);
  };
}
