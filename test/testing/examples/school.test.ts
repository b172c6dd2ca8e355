import { loadRecipe } from '../../recipes/load-recipe.js'

loadRecipe('A school, and an expired token')
