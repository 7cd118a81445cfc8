/** The transport port: what a transport must do, and the messages it carries. The transports themselves are entries of their own. */
export {
  BindFailed,
  InvalidEndpoint,
  TransportUnavailable,
  type ConnectOptions,
  type Connector,
  type GoneReason,
  type Listener,
  type LivenessLayers,
  type Peer,
  type Publisher,
  type SendResult,
  type Socket,
  type SocketOptions,
  type Subscriber,
  type Transport,
  type TransportChoice,
  type TransportHandler,
  type TransportName,
} from './transport.ts';
export { FramesMessage, PackedMessage, framesOf, type Frame, type FrameLike, type Message } from '../wire/message.ts';
