/** Durations and colours, as people read them. */
export type Colour = 'plain' | 'dim' | 'red' | 'green' | 'yellow' | 'cyan';
export type Paint = (colour: Colour, text: string) => string;

const CODES: { readonly [colour in Colour]: string } = { plain: '', dim: '2', red: '31', green: '32', yellow: '33', cyan: '36' };

/** Paints text for a terminal, or leaves it alone where colours are not wanted. */
export function painter(colours: boolean): Paint {
  return (colour, text) => (colours && CODES[colour] !== '' ? `\x1b[${CODES[colour]}m${text}\x1b[0m` : text);
}

export function ms(milliseconds: number): string {
  return `${milliseconds < 100 ? milliseconds.toFixed(1) : milliseconds.toFixed(0)} ms`;
}
