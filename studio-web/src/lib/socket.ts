import { toBase64Url, token } from "./token.svelte";
import { unpack, type Frame } from "./frames";
import type { Json } from "./types";

export type Message = { type: string; [key: string]: Json };

interface Listener {
  message: (message: Message) => void;
  frame: (frame: Frame) => void;
  open: () => void;
  closed: () => void;
}

/** The one line to the server; when it breaks it is taken up again, sooner at first, later more seldom. */
export class Socket {
  #socket: WebSocket | null = null;
  #failed = 0;
  #again = 0;

  constructor(private readonly listener: Listener) {}

  connect(): void {
    if (!token.value) return; // the page asks for it, and begins anew then
    const address = `${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/api/socket`;
    const socket = new WebSocket(address, ["pellucid", `token.${toBase64Url(token.value)}`]);
    socket.binaryType = "arraybuffer";
    socket.onopen = () => {
      this.#failed = 0;
      this.listener.open();
    };
    socket.onmessage = ({ data }) => {
      if (typeof data === "string") this.listener.message(JSON.parse(data) as Message);
      else this.listener.frame(unpack(data as ArrayBuffer));
    };
    socket.onclose = () => {
      if (this.#socket !== socket) return;
      this.listener.closed();
      this.#again = window.setTimeout(() => this.connect(), Math.min(5000, 250 * 2 ** this.#failed++));
    };
    clearTimeout(this.#again);
    const former = this.#socket;
    this.#socket = socket;
    former?.close();
  }

  get open(): boolean {
    return this.#socket?.readyState === WebSocket.OPEN;
  }

  send(message: Message): void {
    if (this.open) this.#socket!.send(JSON.stringify(message));
  }
}
