import '../global_registry';
import { Registry } from '../registry';

export = Registry;
