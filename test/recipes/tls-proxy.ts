import { execFileSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import {
  createServer as createHttpServer,
  type IncomingMessage,
  request,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A private key and the certificate that signs itself with it, both in PEM. */
export interface Certificate {
  readonly key: string
  readonly cert: string
}

/** Makes a certificate for a host name that nobody has. */
export function createCertificate(hostname: string): Certificate {
  const folder = mkdtempSync(join(tmpdir(), 'proxy-'))
  try {
    const [key, cert] = [join(folder, 'key.pem'), join(folder, 'cert.pem')]
    const kind = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-days', '1']
    const name = ['-subj', `/CN=${hostname}`, '-addext', `subjectAltName=DNS:${hostname}`]
    execFileSync('openssl', ['req', '-x509', ...kind, ...name, '-keyout', key, '-out', cert], { stdio: 'ignore' })
    return { key: readFileSync(key, 'utf8'), cert: readFileSync(cert, 'utf8') }
  } finally {
    rmSync(folder, { recursive: true })
  }
}

/** What a proxy changes of a request before it passes it on. */
export type Rewrite = (req: IncomingMessage) => void

/** Some servers on this machine, which end together. */
export class Servers {
  readonly #servers: Server[] = []

  /** Listens and gives the address; in https where there is a certificate. */
  async listen(handler: RequestListener, certificate?: Certificate): Promise<string> {
    const server = certificate === undefined ? createHttpServer(handler) : createHttpsServer(certificate, handler)
    this.#servers.push(server.unref())
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    return `${certificate === undefined ? 'http' : 'https'}://127.0.0.1:${String(port)}`
  }

  /** Starts a reverse proxy that leaves alone what `rewrite` does not change, the Host included. */
  listenAsProxy(target: string, rewrite: Rewrite, certificate?: Certificate): Promise<string> {
    return this.listen((req, res) => {
      rewrite(req)
      passOn(target, req, res)
    }, certificate)
  }

  async close(): Promise<void> {
    await Promise.all(
      this.#servers.splice(0).map((server) => {
        server.closeAllConnections()
        return new Promise((resolve) => server.close(resolve))
      }),
    )
  }
}

function passOn(target: string, req: IncomingMessage, res: ServerResponse): void {
  const { method, url = '', headers } = req
  const outgoing = request(`${target}${url}`, { method, headers }, (answer) => {
    res.writeHead(answer.statusCode ?? 502, answer.headers)
    answer.pipe(res)
  })
  outgoing.once('error', () => res.destroy())
  req.pipe(outgoing)
}
