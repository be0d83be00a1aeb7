import { Registry } from '../registry';

export = Registry;
